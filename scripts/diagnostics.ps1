# Gathers what tells why something failed: logs of Setup, Sysprep, servicing, sshd and ingot, errors of the event logs,
# services, pending restarts. Into a folder of its own, each file cut to its end; passwords are masked. Changes nothing else.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

$Folder = Join-Path -Path $IngotFolder -ChildPath 'diagnostics'
$Files = New-Object -TypeName System.Collections.ArrayList

# Passwords of answer files, and what follows a word that announces one.
function Hide-Password {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text)
    $hidden = [regex]::Replace($Text, '(?is)(<(?:\w+:)?(?:AdministratorPassword|Password|MachinePassword|AccountData|ProductKey)\b[^>]*>).*?(</)', '$1***$2')
    return [regex]::Replace($hidden, '(?i)\b(pass(?:word|wd)?|secret|token)(\s*[=:]\s*)("[^"]*"|\S+)', '$1$2***')
}

function Add-Report {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text, [string]$Source = '', [bool]$Cut = $false)
    $path = Join-Path -Path $Folder -ChildPath $Name
    Set-IngotFile -Path $path -Text (Hide-Password -Text $Text)
    [void]$Files.Add(@{ name = $Name; bytes = [int64](Get-Item -LiteralPath $path).Length; source = $Source; cut = $Cut })
}

# The end of a text file that another program may hold open. Its byte order mark says which encoding it has.
function Add-Tail {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Path, [Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][int]$Limit)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return }
    try {
        $stream = [System.IO.File]::Open($Path, 'Open', 'Read', 'ReadWrite, Delete')
        try {
            $mark = New-Object -TypeName byte[] -ArgumentList 2
            $wide = $stream.Read($mark, 0, 2) -eq 2 -and $mark[0] -eq 0xFF -and $mark[1] -eq 0xFE
            # An even place: UTF-16 has two bytes a character.
            $from = [Math]::Max([int64]0, [int64]($stream.Length - $Limit)) -band (-bnot [int64]1)
            [void]$stream.Seek($from, 'Begin')
            $encoding = if ($wide) { [System.Text.Encoding]::Unicode } else { [System.Text.Encoding]::UTF8 }
            $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList $stream, $encoding
            Add-Report -Name $Name -Text $reader.ReadToEnd() -Source $Path -Cut ($from -gt 0)
        }
        finally { $stream.Dispose() }
    }
    catch { Add-Report -Name $Name -Text ('{0} cannot be read: {1}' -f $Path, $_.Exception.Message) -Source $Path }
}

# What a block writes, as text; one that fails says why instead.
function Add-Output {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Name, [Parameter(Mandatory = $true)][scriptblock]$Body)
    try { $text = (@(& $Body) | Out-String -Width 300) }
    catch { $text = 'not to be had: {0}' -f $_.Exception.Message }
    Add-Report -Name $Name -Text $text
}

function Get-RecentEvent {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Log, [Parameter(Mandatory = $true)][int]$Count)
    # Levels 1 to 3: critical, error, warning.
    foreach ($item in @(Get-WinEvent -FilterHashtable @{ LogName = $Log; Level = 1, 2, 3 } -MaxEvents $Count -ErrorAction SilentlyContinue)) {
        '{0:yyyy-MM-ddTHH:mm:ssZ} {1} {2} {3}: {4}' -f $item.TimeCreated.ToUniversalTime(), $item.LevelDisplayName, $item.ProviderName, $item.Id, ([string]$item.Message -replace '\s+', ' ')
    }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $limit = [int](Get-IngotProperty -InputObject $Parameter -Name 'fileBytes' -Default 262144)
    $events = [int](Get-IngotProperty -InputObject $Parameter -Name 'events' -Default 200)
    Initialize-IngotFolder
    Remove-Item -LiteralPath $Folder -Recurse -Force -ErrorAction SilentlyContinue
    Initialize-IngotFolder -Path $Folder

    $windows = $env:SystemRoot
    $logs = [ordered]@{
        'sysprep-setuperr.log'    = "$windows\System32\Sysprep\Panther\setuperr.log"
        'sysprep-setupact.log'    = "$windows\System32\Sysprep\Panther\setupact.log"
        'panther-setuperr.log'    = "$windows\Panther\setuperr.log"
        'panther-setupact.log'    = "$windows\Panther\setupact.log"
        'unattendgc-setuperr.log' = "$windows\Panther\UnattendGC\setuperr.log"
        'unattendgc-setupact.log' = "$windows\Panther\UnattendGC\setupact.log"
        'cbs.log'                 = "$windows\Logs\CBS\CBS.log"
        'dism.log'                = "$windows\Logs\DISM\dism.log"
        'setupapi.dev.log'        = "$windows\INF\setupapi.dev.log"
        'sshd.log'                = "$env:ProgramData\ssh\logs\sshd.log"
        'vmware-tools.log'        = "$IngotFolder\vmware-tools.log"
        'bootstrap.log'           = "$IngotFolder\bootstrap.log"
        'ingot-sysprep.log'       = "$windows\Temp\ingot-sysprep.log"
    }
    foreach ($name in @($logs.Keys)) { Add-Tail -Path $logs[$name] -Name $name -Limit $limit }
    # Logs of jobs of ingot, and those that an earlier run of Sysprep left.
    foreach ($pattern in @("$IngotFolder\jobs\*\*.log", "$IngotFolder\*.log", "$IngotFolder\panther-before\*.log")) {
        foreach ($file in @(Get-ChildItem -Path $pattern -ErrorAction SilentlyContinue | Select-Object -First 20)) {
            $name = ('ingot-{0}-{1}' -f $file.Directory.Name, $file.Name) -replace '[^A-Za-z0-9._-]', '_'
            if (@($Files | Where-Object -FilterScript { $_.source -eq $file.FullName }).Count -eq 0) { Add-Tail -Path $file.FullName -Name $name -Limit $limit }
        }
    }

    Add-Output -Name 'events-system.txt' -Body { Get-RecentEvent -Log 'System' -Count $events }
    Add-Output -Name 'events-application.txt' -Body { Get-RecentEvent -Log 'Application' -Count $events }
    Add-Output -Name 'events-setup.txt' -Body { Get-RecentEvent -Log 'Setup' -Count $events }
    Add-Output -Name 'events-openssh.txt' -Body { Get-RecentEvent -Log 'OpenSSH/Operational' -Count $events }
    Add-Output -Name 'state.txt' -Body {
        'build {0}, boot {1}, image state {2}, servicing {3}' -f (Get-IngotOsBuild), (Get-IngotBootTime), (Get-ImageState), (Get-ServicingState)
        'pending restart: {0}' -f (@(Get-PendingReboot) -join ', ')
        Get-CimInstance -ClassName Win32_LogicalDisk -Filter 'DriveType = 3' | ForEach-Object -Process { '{0} {1} of {2} bytes free' -f $_.DeviceID, $_.FreeSpace, $_.Size }
    }
    Add-Output -Name 'services.txt' -Body { Get-Service | ForEach-Object -Process { '{0} {1} {2}' -f $_.Status, $_.StartType, $_.Name } }
    Add-Output -Name 'processes.txt' -Body { Get-Process | ForEach-Object -Process { '{0} {1}' -f $_.Id, $_.ProcessName } }
    Add-Output -Name 'address.txt' -Body { Get-NetIPAddress | ForEach-Object -Process { '{0} {1}' -f $_.InterfaceAlias, $_.IPAddress } }

    @{
        folder = $Folder
        files  = @($Files)
    }
}
