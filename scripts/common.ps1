# What every script of ingot shares. It lies beside them and is dot-sourced; it does nothing by itself.
# Windows PowerShell 5.1 only: what PowerShell 7 brought is not used.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
# Progress records would be serialised to standard error as CLIXML when there is no console.
$ProgressPreference = 'SilentlyContinue'

$IngotFolder = Join-Path -Path $env:ProgramData -ChildPath 'ingot'
$IngotServicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'

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
    $own = $data.Contains('ingot.script')
    $script = if ($own) { $data['ingot.script'] } else { $ErrorRecord.InvocationInfo.ScriptName }
    $line = if ($own) { $data['ingot.line'] } else { $ErrorRecord.InvocationInfo.ScriptLineNumber }
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
    $json = [System.Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line.Trim()))
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

function Get-VmwareToolsProgram {
    $folder = [string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\VMware, Inc.\VMware Tools' -Name 'InstallPath' -Default '')
    if ($folder -eq '') { $folder = Join-Path -Path $env:ProgramFiles -ChildPath 'VMware\VMware Tools' }
    return Join-Path -Path $folder -ChildPath 'vmtoolsd.exe'
}

# The version with its build, as the installer registers it (12.3.5.22544099); the program's own as a fallback.
function Get-VmwareToolsVersion {
    foreach ($key in @(Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall')) {
        if ([string]$key.GetValue('DisplayName', '') -eq 'VMware Tools') { return [string]$key.GetValue('DisplayVersion', '') }
    }
    return [string](Get-Item -LiteralPath (Get-VmwareToolsProgram)).VersionInfo.FileVersion
}

# Publishes a value as guestinfo.ingot.NAME, which vCenter shows in the VM's extraConfig. False when it cannot be:
# before VMware Tools are installed there is no way out.
function Publish-IngotReport {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Value)
    $program = Get-VmwareToolsProgram
    if (-not (Test-Path -LiteralPath $program)) { return $false }
    $command = 'info-set guestinfo.ingot.{0} {1}' -f $Name, (ConvertTo-IngotJson -InputObject $Value)
    $deadline = [DateTime]::UtcNow.AddSeconds(30)
    while ($true) {
        $end = Invoke-Native -FilePath $program -ArgumentList @('--cmd', $command) -AnyCode
        if ($end.exitCode -eq 0) { return $true }
        # The backdoor may refuse while the VM is being snapshotted or Tools are just starting.
        if ([DateTime]::UtcNow -gt $deadline) { return $false }
        Start-Sleep -Seconds 1
    }
}

# UTC, ISO 8601. The start of the session manager, the first process of a boot: it is stamped once, while LastBootUpTime
# moves whenever the clock is corrected, which VMware Tools and the time service do after each start.
function Get-IngotBootTime {
    $managers = @(Get-CimInstance -ClassName Win32_Process -Filter "Name = 'smss.exe'" | Where-Object -FilterScript { $null -ne $_.CreationDate })
    $first = $managers | Sort-Object -Property CreationDate | Select-Object -First 1
    $boot = if ($null -ne $first) { $first.CreationDate } else { (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime }
    return $boot.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [Globalization.CultureInfo]::InvariantCulture)
}

function Get-IngotOsBuild {
    $path = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    return '{0}.{1}' -f (Get-RegistryValue -Path $path -Name 'CurrentBuild'), (Get-RegistryValue -Path $path -Name 'UBR' -Default 0)
}

# Component Based Servicing: absent or 0 idle, 1 waits for a restart, 2 working. TiWorker's life says nothing: it stays
# for hours on 2019 and 2022 and may never exit on 2025.
function Get-ServicingState {
    return [int](Get-RegistryValue -Path "$IngotServicing\Interface" -Name 'ServicingInProgress' -Default 0)
}

# Why Windows wants a restart. These are subkeys, not values. PendingFileRenameOperations is left out: it is set all the
# time by programs that are content without a restart, and Sysprep only warns about it.
function Get-PendingReboot {
    if (Test-Path -LiteralPath "$IngotServicing\RebootPending") { 'CBS\RebootPending' }
    if (@(Get-ChildItem -LiteralPath "$IngotServicing\PackagesPending" -ErrorAction SilentlyContinue).Count -gt 0) { 'CBS\PackagesPending' }
    if ((Get-ServicingState) -eq 1) { 'CBS\Interface ServicingInProgress=1' }
    if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { 'WindowsUpdate\RebootRequired' }
    if (Test-Path -LiteralPath (Join-Path -Path $env:SystemRoot -ChildPath 'WinSxS\pending.xml')) { 'WinSxS\pending.xml' }
    $names = 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName'
    $active = Get-RegistryValue -Path "$names\ActiveComputerName" -Name 'ComputerName'
    $wanted = Get-RegistryValue -Path "$names\ComputerName" -Name 'ComputerName'
    if ($active -ne $wanted) { "ComputerName $active -> $wanted" }
}

function Get-ImageState {
    return [string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name 'ImageState' -Default '')
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

# A task that is started by hand and runs one of the uploaded scripts. The processes of an SSH session die with it (sshd
# keeps them in a job that kills on close); a task outlives it. Without a password it runs as SYSTEM.
function Register-IngotTask {
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][string]$Script, [string]$Argument = '', [string]$User = '', [string]$Password = '')
    $program = Join-Path -Path $env:SystemRoot -ChildPath 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{0}" {1}' -f $Script, $Argument
    $action = New-ScheduledTaskAction -Execute $program -Argument $arguments.TrimEnd()
    # By default a task is ended after 3 days and does not start on battery power, which some VMs pretend to have.
    $settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries -MultipleInstances IgnoreNew
    $who = @{ User = $User; Password = $Password; RunLevel = 'Highest' }
    if ($Password -eq '') { $who = @{ Principal = (New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest) } }
    [void](Register-ScheduledTask -TaskName $Name -Action $action -Settings $settings -Force @who)
}

function Test-IngotTaskRunning {
    param([Parameter(Mandatory = $true)][string]$Name)
    $task = Get-ScheduledTask -TaskName $Name -ErrorAction SilentlyContinue
    return ($null -ne $task) -and (@('Running', 'Queued') -contains $task.State.ToString())
}

# Fetches an archive (or takes the uploaded one) and checks its SHA-256 before anything is done with it.
function Get-IngotArchive {
    param([AllowEmptyString()][string]$Path, [string]$Url, [Parameter(Mandatory = $true)][string]$Digest, [Parameter(Mandatory = $true)][string]$Destination)
    $archive = $Path
    if ($archive -eq '') {
        Write-IngotProgress -Message "Downloading $Url"
        # .NET Framework offers TLS 1.0 first on 2019 unless it is told otherwise; the sites refuse that.
        [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
        # Without basic parsing 5.1 wants Internet Explorer's engine, which Server Core does not have.
        Invoke-WebRequest -Uri $Url -OutFile $Destination -UseBasicParsing
        $archive = $Destination
    }
    $found = (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
    if ($found -ne $Digest) { Stop-Ingot -Code 'guest.digest' -Message ('Expected the SHA-256 {0} for {1}, found {2}.' -f $Digest.ToLowerInvariant(), $archive, $found.ToLowerInvariant()) }
    return $archive
}

$IngotSshFolder = Join-Path -Path $env:ProgramData -ChildPath 'ssh'
$IngotKeyFile = Join-Path -Path $IngotSshFolder -ChildPath 'administrators_authorized_keys'

# Writes administrators_authorized_keys with its exact access list; true when anything was changed.
# OpenSSH up to 8.1 (2019, 20H2) refuses the file if any other entry is on it. SIDs, since names are localised: the same
# as icacls.exe FILE /inheritance:r /grant "*S-1-5-32-544:F" /grant "*S-1-5-18:F", but in one step and with no entry kept.
function Set-IngotAuthorizedKey {
    param([Parameter(Mandatory = $true)][string[]]$Key)
    if (-not (Test-Path -LiteralPath $IngotSshFolder -PathType Container)) {
        # A folder made here would have a looser list than sshd wants; newer ones then end with exit code 255.
        Stop-Ingot -Code 'openssh.not-started' -Message "Expected the folder $IngotSshFolder, which sshd makes at its first start, found none."
    }
    $text = (($Key -join "`r`n") + "`r`n")
    if ($text -match '[^\x09\x0A\x0D\x20-\x7E]') { Stop-Ingot -Code 'openssh.key' -Message 'Expected authorized keys in ASCII, found other characters.' }
    $changed = $false
    $ascii = [System.Text.Encoding]::ASCII
    if (-not (Test-Path -LiteralPath $IngotKeyFile) -or [System.IO.File]::ReadAllText($IngotKeyFile, $ascii) -cne $text) {
        # ASCII has no byte order mark: with one, sshd does not find the first key.
        [System.IO.File]::WriteAllText($IngotKeyFile, $text, $ascii)
        $changed = $true
    }
    if (-not (Test-IngotKeyAcl)) {
        $security = New-Object -TypeName System.Security.AccessControl.FileSecurity
        $security.SetSecurityDescriptorSddlForm('O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)', 'Access, Owner')
        [System.IO.File]::SetAccessControl($IngotKeyFile, $security)
        $changed = $true
        if (-not (Test-IngotKeyAcl)) {
            Stop-Ingot -Code 'openssh.acl' -Message ('Expected administrators_authorized_keys to be open to Administrators and SYSTEM only, found {0}.' -f (Get-Acl -LiteralPath $IngotKeyFile).Sddl)
        }
    }
    return $changed
}

# Whether the key file's list is protected and holds full control for Administrators and SYSTEM, and nothing else.
function Test-IngotKeyAcl {
    $acl = Get-Acl -LiteralPath $IngotKeyFile
    if (-not $acl.AreAccessRulesProtected) { return $false }
    $rules = @($acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]))
    $found = @($rules | ForEach-Object -Process { '{0} {1} {2}' -f $_.AccessControlType, $_.FileSystemRights, $_.IdentityReference.Value } | Sort-Object)
    $exact = @('Allow FullControl S-1-5-18', 'Allow FullControl S-1-5-32-544')
    $owner = $acl.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    return (($found -join ';') -eq ($exact -join ';')) -and (@('S-1-5-32-544', 'S-1-5-18') -contains $owner)
}

# Opens sshd's port on every network profile; true when anything was changed. The inbox rule of 2025 and the MSI's hold
# for some profiles only, and the category of a network does not survive into clones; the ZIP brings no rule.
function Set-IngotSshFirewall {
    param([Parameter(Mandatory = $true)][int]$Port)
    $rule = Get-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -ErrorAction SilentlyContinue
    if ($null -eq $rule) {
        [void](New-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -DisplayName 'OpenSSH SSH Server (sshd)' -Enabled True -Direction Inbound -Protocol TCP -Action Allow -LocalPort $Port -Profile Any)
        return $true
    }
    $filter = $rule | Get-NetFirewallPortFilter
    if ($rule.Profile.ToString() -eq 'Any' -and $rule.Enabled.ToString() -eq 'True' -and $rule.Action.ToString() -eq 'Allow' -and [string]$filter.LocalPort -eq [string]$Port) { return $false }
    Set-NetFirewallRule -Name 'OpenSSH-Server-In-TCP' -Enabled True -Action Allow -LocalPort $Port -Profile Any
    return $true
}

# The port of sshd_config: the first global Port line counts.
function Get-IngotSshPort {
    foreach ($line in @(Get-IngotLine -Path (Join-Path -Path $IngotSshFolder -ChildPath 'sshd_config'))) {
        if ($line -match '^\s*Match\s') { break }
        if ($line -match '^\s*Port[\s=]+(\d+)') { return [int]$Matches[1] }
    }
    return 22
}
