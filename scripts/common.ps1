# What every script of ingot shares. It lies beside them and is dot-sourced; it does nothing by itself.
# Windows PowerShell 5.1 only: what PowerShell 7 brought is not used.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
# Progress records would be serialised to standard error as CLIXML when there is no console.
$ProgressPreference = 'SilentlyContinue'

$IngotFolder = Join-Path -Path $env:ProgramData -ChildPath 'ingot'

# JSON in ASCII: other characters become \uXXXX, so no code page on the way can change them.
function ConvertTo-IngotJson {
    param([Parameter(Mandatory = $true)][object]$InputObject)
    # The default depth of 2 would turn deeper values into text.
    $json = ConvertTo-Json -InputObject $InputObject -Depth 8 -Compress
    return [regex]::Replace($json, '[^\x20-\x7E]', { param($match) '\u{0:x4}' -f [int][char]$match.Value })
}

function Write-IngotMarker {
    param([Parameter(Mandatory = $true)][ValidateSet('progress', 'result', 'error')][string]$Kind, [Parameter(Mandatory = $true)][object]$Value)
    # Not Write-Output: a marker must reach standard output at once, whole, and not as the value of a function.
    Write-IngotLog -Message ('##ingot:{0} {1}' -f $Kind, (ConvertTo-IngotJson -InputObject $Value))
}

function Write-IngotLog {
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Message)
    [Console]::Out.WriteLine($Message)
    [Console]::Out.Flush()
}

function Write-IngotProgress {
    param([Parameter(Mandatory = $true)][string]$Message, [int]$Done = -1, [int]$Total = -1)
    $value = @{ message = $Message }
    if ($Done -ge 0) { $value.done = $Done }
    if ($Total -ge 0) { $value.total = $Total }
    Write-IngotMarker -Kind 'progress' -Value $value
}

# Throws an error that carries a stable code and the place of the caller.
function Stop-Ingot {
    param([Parameter(Mandatory = $true)][string]$Code, [Parameter(Mandatory = $true)][string]$Message)
    $exception = New-Object -TypeName System.InvalidOperationException -ArgumentList $Message
    $exception.Data['ingot.code'] = $Code
    $caller = @(Get-PSCallStack)[1]
    # Texts and numbers only: .NET Framework takes nothing here that cannot be serialised.
    $exception.Data['ingot.script'] = [string]$caller.ScriptName
    $exception.Data['ingot.line'] = [int]$caller.ScriptLineNumber
    throw $exception
}

# An error record as the contract's error object.
function ConvertFrom-IngotError {
    param([Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$ErrorRecord)
    $data = $ErrorRecord.Exception.Data
    $script, $line = '', 0
    if ($data.Contains('ingot.script')) { $script, $line = $data['ingot.script'], $data['ingot.line'] }
    elseif ($null -ne $ErrorRecord.InvocationInfo) { $script, $line = $ErrorRecord.InvocationInfo.ScriptName, $ErrorRecord.InvocationInfo.ScriptLineNumber }
    $message = [string]$ErrorRecord.Exception.Message
    # COM failures of Windows Update and DISM often have a code and no words.
    $base = $ErrorRecord.Exception.GetBaseException()
    if ($base -is [System.Runtime.InteropServices.COMException]) { $message = '{0} (0x{1:X8})' -f $message, $base.ErrorCode }
    $value = @{ message = $message; script = [System.IO.Path]::GetFileName([string]$script); line = [int]$line; category = $ErrorRecord.CategoryInfo.Category.ToString() }
    if ($data.Contains('ingot.code')) { $value.code = [string]$data['ingot.code'] }
    return $value
}

# The one line of standard input: base64 of the UTF-8 JSON object. Read through the console, since powershell.exe hands
# standard input to a script run with -File only when the script's text names the automatic input variable: none does.
function Read-IngotParameter {
    $line = [Console]::In.ReadLine()
    if ([string]::IsNullOrEmpty($line)) { Stop-Ingot -Code 'guest.parameters' -Message 'Expected one line with the parameters on standard input, found none.' }
    # .NET Framework begins standard input with a byte order mark where the console's code page is UTF-8.
    $json = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line.Trim().TrimStart([char]0xFEFF)))
    return ConvertFrom-Json -InputObject $json
}

# A property of a JSON object, or the default: under strict mode a missing property would throw.
function Get-IngotProperty {
    param([Parameter(Mandatory = $true)][object]$InputObject, [Parameter(Mandatory = $true)][string]$Name, [object]$Default = $null)
    $property = $InputObject.PSObject.Properties[$Name]
    if ($null -eq $property -or $null -eq $property.Value) { return $Default }
    return $property.Value
}

# A required text parameter.
function Get-IngotText {
    param([Parameter(Mandatory = $true)][object]$InputObject, [Parameter(Mandatory = $true)][string]$Name)
    $value = [string](Get-IngotProperty -InputObject $InputObject -Name $Name -Default '')
    if ($value -eq '') { Stop-Ingot -Code 'guest.parameters' -Message ('Expected the parameter {0}, found none.' -f $Name) }
    return $value
}

# What a script that changes Windows returns: whether it changed anything (with -Test: whether it would), what it found,
# what is there now, whether Windows wants a restart for it, and lines that prove it.
function New-IngotResult {
    param(
        [Parameter(Mandatory = $true)][bool]$Changed,
        [Parameter(Mandatory = $true)][AllowNull()][object]$Before,
        [Parameter(Mandatory = $true)][AllowNull()][object]$After,
        [bool]$RebootRequired = $false,
        [AllowEmptyCollection()][AllowEmptyString()][string[]]$Evidence = @()
    )
    return @{ changed = $Changed; before = $Before; after = $After; rebootRequired = $RebootRequired; evidence = @($Evidence) }
}

# Runs the body of a script with its parameters and ends the process as the contract says.
function Invoke-IngotScript {
    param([Parameter(Mandatory = $true)][scriptblock]$Body)
    try {
        # What native programs write is read back as UTF-8 as well. Without a console there is nothing to set.
        try { [Console]::OutputEncoding = New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false }
        catch { Write-Verbose -Message 'no console: markers are ASCII anyway' }
        $parameter = Read-IngotParameter
        $result = $null
        foreach ($item in @(& $Body $parameter)) {
            # A cmdlet in the body may have written something besides: that is log.
            if ($item -is [System.Collections.IDictionary]) { $result = $item }
            elseif ($null -ne $item) { Write-IngotLog -Message ([string]$item) }
        }
        if ($null -eq $result) { Stop-Ingot -Code 'guest.no-result' -Message 'Expected the script to return a result, found none.' }
        Write-IngotMarker -Kind 'result' -Value $result
    }
    catch {
        Write-IngotMarker -Kind 'error' -Value (ConvertFrom-IngotError -ErrorRecord $_)
        exit 1
    }
    exit 0
}

# ingot's own folder: for Administrators and SYSTEM only. C:\ProgramData lets every user add files to what lies below it.
function Initialize-IngotFolder {
    param([string]$Path = $IngotFolder)
    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    # Without the sections the audit list would be written too. Given to the call, the list holds from the first moment.
    $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)', 'Access, Owner')
    [void][System.IO.Directory]::CreateDirectory($Path, $security)
    [System.IO.Directory]::SetAccessControl($Path, $security)
}

# UTF-8 without byte order mark: Out-File and Set-Content of 5.1 would write UTF-16 or a mark.
function Set-IngotFile {
    param([Parameter(Mandatory = $true)][string]$Path, [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text)
    $temporary = $Path + '.new'
    [System.IO.File]::WriteAllText($temporary, $Text, (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false))
    Move-Item -LiteralPath $temporary -Destination $Path -Force
}

# The lines of a log that another program may still hold open; none when there is no such file.
function Get-IngotLine {
    param([Parameter(Mandatory = $true)][string]$Path)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return }
    $stream = [System.IO.File]::Open($Path, 'Open', 'Read', 'ReadWrite, Delete')
    $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $stream
    try {
        # The lines of Get-Content carry properties that ConvertTo-Json of 5.1 would write out.
        while ($null -ne ($line = $reader.ReadLine())) { $line }
    }
    finally { $reader.Dispose() }
}

# A registry value, or the default when the key or the value is missing.
function Get-RegistryValue {
    param([Parameter(Mandatory = $true)][string]$Path, [Parameter(Mandatory = $true)][string]$Name, [object]$Default = $null)
    $key = Get-Item -LiteralPath $Path -ErrorAction SilentlyContinue
    if ($null -eq $key) { return $Default }
    return $key.GetValue($Name, $Default)
}

# One argument in the quoting that CommandLineToArgvW undoes. Windows PowerShell 5.1 itself does not escape the quotes
# inside an argument, so JSON would arrive without them.
function ConvertTo-NativeArgument {
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Argument)
    if ($Argument -match '^[^\s"]+$') { return $Argument }
    # Backslashes count only before a quote: there they are doubled, and the quote itself is escaped.
    $escaped = $Argument -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1'
    return '"' + $escaped + '"'
}

# Runs a program and returns its exit code, all its lines and its standard output as it is. Not `& program 2>&1`: under ErrorActionPreference Stop the
# first line on standard error would end the script.
function Invoke-Native {
    param(
        [Parameter(Mandatory = $true)][string]$FilePath,
        [string[]]$ArgumentList = @(),
        # Instead of ArgumentList: a command line that is passed on as it is.
        [string]$CommandLine = '',
        [int[]]$SuccessCode = @(0),
        # For installers: their children (services) would inherit the pipes and hold them open.
        [switch]$NoOutput,
        # Returns other exit codes instead of throwing.
        [switch]$AnyCode
    )
    if ($ArgumentList.Count -gt 0) { $CommandLine = (@($ArgumentList | ForEach-Object -Process { ConvertTo-NativeArgument -Argument $_ }) -join ' ') }
    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo -ArgumentList $FilePath, $CommandLine
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = -not $NoOutput
    $output = $errors = ''
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        if (-not $NoOutput) {
            $process.StandardInput.Close()
            # Both at once: a full pipe that nobody reads would stop the program.
            $errorText = $process.StandardError.ReadToEndAsync()
            $output, $errors = $process.StandardOutput.ReadToEnd(), $errorText.Result
        }
        $process.WaitForExit()
        $code = $process.ExitCode
    }
    finally { $process.Dispose() }
    $lines = @(($output + $errors) -split '\r?\n' | Where-Object -FilterScript { $_ -ne '' })
    if (-not $AnyCode -and $SuccessCode -notcontains $code) {
        $tail = (@($lines | Select-Object -Last 5) -join ' | ')
        Stop-Ingot -Code 'guest.native' -Message ('Expected {0} to end with exit code {1}, found {2}. {3}' -f (Split-Path -Path $FilePath -Leaf), ($SuccessCode -join ' or '), $code, $tail)
    }
    return @{ exitCode = $code; lines = $lines; output = $output }
}

# Makes a service start by itself and run; returns its state.
function Enable-IngotService {
    param([Parameter(Mandatory = $true)][string]$Name, [int]$TimeoutSeconds = 120)
    $service = Get-Service -Name $Name
    if ($service.StartType -ne 'Automatic') { Set-Service -Name $Name -StartupType Automatic }
    if ($service.Status -ne 'Running') {
        if ($service.Status -ne 'StartPending') { Start-Service -Name $Name }
        $service.WaitForStatus('Running', [TimeSpan]::FromSeconds($TimeoutSeconds))
    }
    return Get-IngotService -Name $Name
}

# {status, startType} of a service, in the names that the contract uses.
function Get-IngotService {
    param([Parameter(Mandatory = $true)][string]$Name)
    $service = Get-Service -Name $Name -ErrorAction SilentlyContinue
    if ($null -eq $service) { return @{ status = 'Missing'; startType = '' } }
    return @{ status = $service.Status.ToString(); startType = $service.StartType.ToString() }
}
