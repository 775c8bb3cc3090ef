# What the Pester tests share: a machine in a folder, and a way to run a script against it. Dot-sourced in BeforeAll.
# The commands of windows-commands.psd1 become functions that fail, on Windows as well: a test mocks what its script may
# call, and nothing of the machine that runs the tests can be changed by one that was forgotten.
[CmdletBinding()]
param()

$ScriptFolder = Split-Path -Path $PSScriptRoot -Parent

# The machine: one table that mocks read and change. Mock bodies see it, since they run below the test.
#   root       the folder that stands for C:
#   registry   'HKLM:\KEY' -> @{ VALUE = data }
#   services   name -> object
#   native     programs that were run, in their order: @{ name; arguments; line }
#   answers    program name -> script block, given the list of arguments, that returns @{ exitCode; output }
$Guest = @{ root = (Join-Path -Path $TestDrive -ChildPath 'guest'); registry = @{}; services = @{}; native = @(); answers = @{} }

# The functions that stand for the commands of Windows, as text to be dot-sourced where they are to be seen.
function Get-WindowsCommandText {
    $table = Import-PowerShellDataFile -LiteralPath (Join-Path -Path $PSScriptRoot -ChildPath 'windows-commands.psd1')
    foreach ($name in $table.Keys) {
        $parameters = foreach ($word in @($table[$name] -split ' ' | Where-Object -FilterScript { $_ -ne '' })) {
            if ($word.EndsWith('?')) { '[switch]$' + $word.TrimEnd('?') }
            elseif ($word.EndsWith('<')) { '[Parameter(ValueFromPipeline = $true)]$' + $word.TrimEnd('<') }
            else { '$' + $word }
        }
        # Not by position: a script that leaves a name out would bind to another parameter on Windows.
        "function $name { [CmdletBinding(PositionalBinding = `$false)] param($(@($parameters) -join ', ')) process { throw 'Expected $name to be mocked.' } }"
    }
    # PowerShell 7 elsewhere has no -ComObject, so there would be nothing to mock.
    'function New-Object { [CmdletBinding(PositionalBinding = $false)] param([string]$TypeName, [object[]]$ArgumentList, [string]$ComObject) if ($ComObject) { throw "Expected New-Object -ComObject $ComObject to be mocked." } Microsoft.PowerShell.Utility\New-Object @PSBoundParameters }'
}

# The functions of a script, without running it: text to be dot-sourced.
function Get-ScriptFunctionText {
    param([Parameter(Mandatory = $true)][string]$Name)
    $ast = [System.Management.Automation.Language.Parser]::ParseFile((Join-Path -Path $ScriptFolder -ChildPath $Name), [ref]$null, [ref]$null)
    $found = $ast.FindAll({ param($Node) $Node -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $false)
    return (@($found | ForEach-Object -Process { $_.Extent.Text }) -join "`n")
}

# The environment of a Windows whose C: is the machine's folder. Returns what it was.
function Set-GuestEnvironment {
    param([Parameter(Mandatory = $true)][hashtable]$Value)
    $before = @{}
    foreach ($name in $Value.Keys) {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
        [Environment]::SetEnvironmentVariable($name, $Value[$name])
    }
    return $before
}

function Get-GuestEnvironment {
    $root = $Guest.root
    return @{
        SystemDrive  = $root
        SystemRoot   = Join-Path -Path $root -ChildPath 'Windows'
        ProgramData  = Join-Path -Path $root -ChildPath 'ProgramData'
        ProgramFiles = Join-Path -Path $root -ChildPath 'ProgramFiles'
        TEMP         = Join-Path -Path $root -ChildPath 'Temp'
        COMPUTERNAME = 'INGOT-TEST'
    }
}

# A folder of the machine; made when it is not there.
function Get-GuestFolder {
    param([Parameter(Mandatory = $true)][string]$Path)
    $folder = Join-Path -Path $Guest.root -ChildPath $Path
    [void](New-Item -Path $folder -ItemType Directory -Force)
    return $folder
}

# A file of the machine, with its text.
function Set-GuestFile {
    param([Parameter(Mandatory = $true)][string]$Path, [AllowEmptyString()][string]$Text = '')
    $file = Join-Path -Path $Guest.root -ChildPath $Path
    [void](New-Item -Path (Split-Path -Path $file -Parent) -ItemType Directory -Force)
    [System.IO.File]::WriteAllText($file, $Text)
    return $file
}

function Set-GuestService {
    param([Parameter(Mandatory = $true)][string]$Name, [string]$Status = 'Running', [string]$StartType = 'Automatic')
    $service = [pscustomobject]@{ Name = $Name; Status = $Status; StartType = $StartType }
    Add-Member -InputObject $service -MemberType ScriptMethod -Name WaitForStatus -Value {
        if ($this.Status -ne $args[0]) { throw "The service $($this.Name) is $($this.Status)." }
    }
    $Guest.services[$Name] = $service
}

# A new, empty machine and the mocks that all scripts need. Called in BeforeEach: the mocks then count calls per test.
function Initialize-Guest {
    if (Test-Path -LiteralPath $Guest.root) { Remove-Item -LiteralPath $Guest.root -Recurse -Force }
    $Guest.registry = @{}
    $Guest.services = @{}
    $Guest.native = @()
    $Guest.answers = @{}
    foreach ($path in @('Windows\System32', 'ProgramData', 'ProgramFiles', 'Temp')) { [void](Get-GuestFolder -Path $path) }

    Pester\Mock -CommandName Start-Sleep -MockWith { return }
    # The access list needs Windows; lib tests look at it there.
    Pester\Mock -CommandName Initialize-IngotFolder -MockWith {
        $folder = if ($Path) { $Path } else { Join-Path -Path $env:ProgramData -ChildPath 'ingot' }
        [void](New-Item -Path $folder -ItemType Directory -Force)
    }
    Pester\Mock -CommandName Invoke-Native -MockWith {
        $program = @($FilePath -split '[\\/]')[-1]
        # The defaults of the parameters are not the mock's: what was not given is $null here.
        $list = @($ArgumentList | Where-Object -FilterScript { $null -ne $_ })
        $accepted = if ($SuccessCode) { @($SuccessCode) } else { @(0) }
        $Guest.native += @(@{ name = $program; arguments = $list; line = "$CommandLine$($list -join ' ')" })
        if (-not $Guest.answers.ContainsKey($program)) { throw "Expected no run of $program." }
        $body = $Guest.answers[$program]
        $answer = & $body $list
        $ended = [int]$answer['exitCode']
        $output = [string]$answer['output']
        if (-not $AnyCode -and $accepted -notcontains $ended) { Stop-Ingot -Code 'guest.native' -Message "$program ended with $ended" }
        return @{ exitCode = $ended; lines = @($output -split '\r?\n' | Where-Object -FilterScript { $_ -ne '' }); output = $output }
    }

    # Registry
    Pester\Mock -CommandName Get-RegistryValue -MockWith {
        $values = $Guest.registry[$Path]
        if ($null -eq $values -or -not $values.ContainsKey($Name)) { return $Default }
        return $values[$Name]
    }
    Pester\Mock -CommandName Test-Path -ParameterFilter { "$LiteralPath$Path" -match '^(HK\w+:|Registry::)' } -MockWith {
        return $Guest.registry.ContainsKey([string]@($LiteralPath)[0])
    }
    # The keys right below one; values are read with GetValue, as of a RegistryKey.
    Pester\Mock -CommandName Get-ChildItem -ParameterFilter { "$LiteralPath$Path" -like 'HK*:*' } -MockWith {
        $parent = [regex]::Escape([string]@($LiteralPath)[0])
        foreach ($key in @($Guest.registry.Keys | Where-Object -FilterScript { $_ -match "^$parent\\[^\\]+$" } | Sort-Object)) {
            $item = [pscustomobject]@{ PSChildName = @($key -split '\\')[-1]; PSPath = $key; Name = $key; Values = $Guest.registry[$key] }
            Add-Member -InputObject $item -MemberType ScriptMethod -Name GetValue -PassThru -Value {
                if ($this.Values.ContainsKey($args[0])) { return $this.Values[$args[0]] }
                if ($args.Count -gt 1) { return $args[1] }
            }
        }
    }
    # A key itself, where it has values: those of policies are looked at so.
    Pester\Mock -CommandName Get-Item -ParameterFilter { "$LiteralPath$Path" -like 'HK*:*' } -MockWith {
        $key = [string]@($LiteralPath)[0]
        if (-not $Guest.registry.ContainsKey($key)) { return }
        $item = [pscustomobject]@{ Name = $key; ValueCount = $Guest.registry[$key].Count; Names = @($Guest.registry[$key].Keys) }
        Add-Member -InputObject $item -MemberType ScriptMethod -Name GetValueNames -PassThru -Value { $this.Names }
    }
    Pester\Mock -CommandName New-Item -ParameterFilter { "$Path" -like 'HK*:*' } -MockWith { $Guest.registry[[string]@($Path)[0]] = @{} }
    Pester\Mock -CommandName Remove-Item -ParameterFilter { "$LiteralPath$Path" -like 'HK*:*' } -MockWith {
        $top = [string]@($LiteralPath)[0]
        foreach ($one in @($Guest.registry.Keys | Where-Object -FilterScript { $_ -eq $top -or $_.StartsWith("$top\") })) { $Guest.registry.Remove($one) }
    }
    foreach ($name in @('New-ItemProperty', 'Set-ItemProperty')) {
        Pester\Mock -CommandName $name -MockWith {
            if (-not $Guest.registry.ContainsKey([string]$LiteralPath)) { $Guest.registry[[string]$LiteralPath] = @{} }
            $Guest.registry[[string]$LiteralPath][[string]$Name] = $Value
        }
    }
    Pester\Mock -CommandName Remove-ItemProperty -MockWith {
        if ($Guest.registry.ContainsKey([string]$LiteralPath)) { $Guest.registry[[string]$LiteralPath].Remove([string]$Name) }
    }

    # Services
    Pester\Mock -CommandName Get-Service -MockWith {
        if ($null -eq $Name) { $Guest.services.Values }
        elseif ($Guest.services.ContainsKey([string]$Name)) { $Guest.services[[string]$Name] }
    }
    Pester\Mock -CommandName Set-Service -MockWith { $Guest.services[[string]$Name].StartType = [string]$StartupType }
    Pester\Mock -CommandName Start-Service -MockWith { $Guest.services[[string]$Name].Status = 'Running' }
    Pester\Mock -CommandName Stop-Service -MockWith { if ($Guest.services.ContainsKey([string]$Name)) { $Guest.services[[string]$Name].Status = 'Stopped' } }
}

# Runs a body, such as a function of a library, in the environment of the machine; returns what it returns.
function Invoke-InGuest {
    param([Parameter(Mandatory = $true)][scriptblock]$Body)
    $environment = Set-GuestEnvironment -Value (Get-GuestEnvironment)
    try { & $Body }
    finally { [void](Set-GuestEnvironment -Value $environment) }
}

# Runs a script as ingot does, in this process: parameters as one line of base64 on standard input, markers read from
# standard output. Argument: parameters of the script's own, besides -Test. Returns @{ exitCode; result; error; progress; log }.
function Invoke-Script {
    param([Parameter(Mandatory = $true)][string]$Name, [hashtable]$Parameter = @{}, [switch]$Test, [hashtable]$Argument = @{}, [string]$Folder = $ScriptFolder)
    $json = ConvertTo-Json -InputObject $Parameter -Depth 8 -Compress
    $standardInput, $standardOutput = [Console]::In, [Console]::Out
    $writer = New-Object -TypeName System.IO.StringWriter
    $switches = $Argument.Clone()
    if ($Test) { $switches.Test = $true }
    # A script that ends without exit leaves it as it is.
    Set-Variable -Name 'LASTEXITCODE' -Scope Global -Value 0
    $environment = Set-GuestEnvironment -Value (Get-GuestEnvironment)
    $line = [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes($json))
    try {
        [Console]::SetIn((New-Object -TypeName System.IO.StringReader -ArgumentList $line))
        [Console]::SetOut($writer)
        # exit ends the script and no more, as with -File.
        & (Join-Path -Path $Folder -ChildPath $Name) @switches
        $code = $LASTEXITCODE
    }
    finally {
        [Console]::SetIn($standardInput)
        [Console]::SetOut($standardOutput)
        [void](Set-GuestEnvironment -Value $environment)
    }
    $run = @{ exitCode = $code; result = $null; error = $null; progress = @(); log = @() }
    foreach ($text in @($writer.ToString() -split '\r?\n' | Where-Object -FilterScript { $_ -ne '' })) {
        if ($text -match '^##ingot:(progress|result|error) (.*)$') {
            $kind, $value = $Matches[1], (ConvertFrom-Json -InputObject $Matches[2])
            if ($kind -eq 'progress') { $run.progress += @($value) }
            elseif ($null -ne $run[$kind]) { throw "Expected one $kind of $Name, found two." }
            else { $run[$kind] = $value }
        }
        else { $run.log += @($text) }
    }
    return $run
}

# The result of a script that must succeed: its error would be lost in a comparison with $null otherwise.
function Get-ScriptResult {
    param([Parameter(Mandatory = $true)][string]$Name, [hashtable]$Parameter = @{}, [switch]$Test)
    $run = Invoke-Script @PSBoundParameters
    if ($null -ne $run.error) { throw ('{0} failed in {1}:{2}: {3}' -f $Name, $run.error.script, $run.error.line, $run.error.message) }
    return $run.result
}

# The code of a script's failure.
function Get-ScriptErrorCode {
    param([Parameter(Mandatory = $true)][string]$Name, [hashtable]$Parameter = @{}, [switch]$Test)
    $run = Invoke-Script @PSBoundParameters
    if ($null -eq $run.error -or $run.exitCode -ne 1 -or $null -ne $run.result) { throw "Expected $Name to end with an error and exit code 1, found exit code $($run.exitCode)." }
    if ($null -eq $run.error.PSObject.Properties['code']) { throw ('{0} failed in {1}:{2}: {3}' -f $Name, $run.error.script, $run.error.line, $run.error.message) }
    return $run.error.code
}

. ([scriptblock]::Create((Get-WindowsCommandText) -join "`n"))

# common.ps1 and the libraries, so that what they define can be tested and mocked. A script under test takes them into
# itself again; mocks hold there too, since they are aliases and an alias goes before a function.
$environment = Set-GuestEnvironment -Value (Get-GuestEnvironment)
foreach ($library in @('common.ps1') + @(Get-ChildItem -Path (Join-Path -Path $ScriptFolder -ChildPath 'lib-*.ps1') | ForEach-Object -Process { $_.Name })) {
    . (Join-Path -Path $ScriptFolder -ChildPath $library)
}
[void](Set-GuestEnvironment -Value $environment)
